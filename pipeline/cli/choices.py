"""Options that several commands share, and the settings that they give."""

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import wraps
from pathlib import Path
from typing import Any

import click

from pipeline.config import AgreementChoice, Settings, load_config

PATH = click.Path(path_type=Path)


class Number(click.FloatRange):
    """A finite number in a range: click itself lets "nan" through every range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401
        """The number, or a usage error."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


@dataclass(frozen=True, slots=True)
class Choices:
    """What the command line says over the configuration."""

    config: Path | None
    agreement: Path | None
    as_known_at: dt.datetime | None
    terrain: Path | None
    terrain_datum: str | None
    reference: Path | None

    def words(self) -> tuple[str, ...]:
        """The same as options of a command line."""
        named = {
            "--config": self.config,
            "--agreement": self.agreement,
            "--as-known-at": self.as_known_at.isoformat() if self.as_known_at else None,
            "--terrain": self.terrain,
            "--terrain-datum": self.terrain_datum,
            "--reference": self.reference,
        }
        return tuple(word for name, value in named.items() if value is not None for word in (name, str(value)))

    def settings(self) -> Settings:
        """The configuration with the options on top.

        Raises:
            ConfigError: The configuration is wrong.
        """
        settings = load_config(self.config)
        agreement = AgreementChoice(
            self.agreement or settings.agreement.path,
            self.as_known_at.replace(tzinfo=dt.UTC) if self.as_known_at else settings.agreement.known_at,
        )
        terrain = replace(
            settings.terrain,
            path=self.terrain or settings.terrain.path,
            vertical_datum=self.terrain_datum or settings.terrain.vertical_datum,
        )
        reference = replace(settings.reference, path=self.reference or settings.reference.path)
        return replace(settings, agreement=agreement, terrain=terrain, reference=reference)


_OPTIONS = (
    click.option("--config", type=PATH, help="Configuration (TOML); see configs/default.toml."),
    click.option("--agreement", type=PATH, help="Agreement to judge by; see configs/agreements/."),
    click.option(
        "--as-known-at", type=click.DateTime(), metavar="UTC", help="Judge with what was known of the agreement then."
    ),
    click.option("--terrain", type=PATH, help="Elevation model (GeoTIFF)."),
    click.option(
        "--terrain-datum",
        type=click.Choice(["ellipsoidal", "egm96", "egm2008"]),
        help="Vertical datum of the elevation model, if the file does not state it.",
    ),
    click.option("--reference", type=PATH, help="Orthophoto of known place (GeoTIFF) to register frames to."),
    click.option("--out", type=PATH, default=Path("out"), show_default=True, help="Output folder."),
    click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output, and no progress."),
)


def deciding_options(command: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add the options that decide what a sortie gives; the command takes them as ``choices``, ``out``, ``as_json``."""

    @wraps(command)
    def gathered(**options: Any) -> int | None:  # noqa: ANN401  click hands over what each option gives
        chosen = Choices(**{item.name: options.pop(item.name) for item in fields(Choices)})
        return command(choices=chosen, **options)

    for option in reversed(_OPTIONS):
        gathered = option(gathered)
    return gathered
