"""Pictures of moments: what every pixel of a shot sees."""

from collections.abc import Callable

import numpy as np

from pipeline.simulator.render.air import Air
from pipeline.simulator.render.clouds import Clouds
from pipeline.simulator.render.digging import Digging, PitShelf
from pipeline.simulator.render.grain import Grain
from pipeline.simulator.render.ground_tiles import GroundTiles
from pipeline.simulator.render.heat import Heat
from pipeline.simulator.render.lamps import lamps_of
from pipeline.simulator.render.light import light_of
from pipeline.simulator.render.look import Look
from pipeline.simulator.render.picture import Picture
from pipeline.simulator.render.puffs import Puffs
from pipeline.simulator.render.rays import Optics, reach_of
from pipeline.simulator.render.roughness import Breeze, Roughness
from pipeline.simulator.render.scene_rays import SceneRays
from pipeline.simulator.render.shade import Shader
from pipeline.simulator.render.solids import Stand
from pipeline.simulator.render.stage import THINGS_TO_M, Reach, Shelf, Stage, detail_of
from pipeline.simulator.render.terrain_mesh import Square
from pipeline.simulator.render.water import Ripples
from pipeline.simulator.scene.ground import Land, NightLand
from pipeline.simulator.scene.lens import Lens
from pipeline.simulator.scene.mesh import Extent, Float32, Placed
from pipeline.simulator.scene.moment import Moment
from pipeline.simulator.scene.shot import Seen, Shot

LensRays = Callable[[Lens], Float32]


class Renderer:
    """Renders shots of moments. A frame's bytes depend on the frame alone; what is kept only saves time.

    Args:
        lens_rays: Gives a lens's ``(H, W, 3)`` unit rays in camera axes.
        look: Appearance.
        keep_tiles: Ground tiles in memory, 0.23 MB each.
    """

    def __init__(self, lens_rays: LensRays, look: Look | None = None, keep_tiles: int = 2304) -> None:
        self._lens_rays, self._look, self._keep_tiles = lens_rays, look or Look(), keep_tiles
        self._grain = Grain()
        self._shelf, self._pits = Shelf(), PitShelf()
        self._tiles: tuple[Land, GroundTiles] | None = None
        self._optics: tuple[tuple[object, ...], Optics] | None = None

    def render(self, moment: Moment, shot: Shot, *, thermal: bool = False) -> Seen:
        """What a shot sees.

        Raises:
            GeometryError: The camera is below the ground, or its lens has pixels without rays.
        """
        optics = self._optics_of(shot.lens)
        relief = self._shelf.relief(moment.land)
        reach = reach_of(shot, optics, moment.sun, relief)
        digging = self._pits.digging(moment.dug)
        stage = self._shelf.stage(reach, moment.land, digging, (*_lit(moment, reach), *moment.placed), moment.gone)
        shader = self._shader(moment, reach, stage, digging)
        heat = Heat(shader.light, moment.weather) if thermal else None
        picture = Picture(shot, optics, stage.origin_m, shader, heat)
        picture.look()
        if self._look.edge_samples:
            picture.refine(self._look)
        return picture.seen(digging)

    def _shader(self, moment: Moment, reach: Reach, stage: Stage, digging: Digging) -> Shader:
        """Everything that lights and fills the frame."""
        origin, weather = stage.origin_m, moment.weather
        light = light_of(moment.sun, weather)
        breeze = Breeze.of(weather, moment.t_s)
        rough = Roughness(self._grain, self._look)
        movers = self._movers(moment, reach)
        scene = SceneRays(stage, movers, self._shelf.forms, digging, self._tiles_of(moment.land), rough, breeze)
        return Shader(
            scene=scene,
            light=light,
            air=Air(light, weather.visibility_m),
            clouds=Clouds(weather, moment.cloud_seed, origin, self._grain),
            puffs=Puffs(moment.puffs, origin),
            lamps=lamps_of(() if light.by_day else scene.stands, self._shelf.forms, origin),
            ripples=Ripples(rough, breeze, origin),
            look=self._look,
            wetness=weather.wetness,
            moment_s=moment.t_s,
        )

    def _movers(self, moment: Moment, reach: Reach) -> list[Stand]:
        """What moves where the frame may see it, on the terrain."""
        relief, found = self._shelf.relief(moment.land), []
        for thing in moment.movers:
            spot = Square(1.0, int(np.floor(thing.x_m)), int(np.floor(thing.y_m)))
            detail = detail_of(reach.pixel_m(spot))
            if reach.sees(spot) and detail <= THINGS_TO_M:
                ground = relief.at(np.array([thing.x_m]), np.array([thing.y_m]), 1.0)
                found.append(Stand(thing, detail, float(ground[0])))
        return found

    def _tiles_of(self, land: Land) -> GroundTiles:
        if self._tiles is None or self._tiles[0] is not land:
            self._tiles = (land, GroundTiles(land, self._look, self._keep_tiles))
        return self._tiles[1]

    def _optics_of(self, lens: Lens) -> Optics:
        """Rays of a lens; the last one is kept, by what it is."""
        key = (lens.kind, lens.size_px, lens.K.tobytes(), lens.distortion.tobytes())
        if self._optics is None or self._optics[0] != key:
            self._optics = (key, Optics(self._lens_rays(lens)))
        return self._optics[1]


def _lit(moment: Moment, reach: Reach) -> tuple[Placed, ...]:
    """What of the land has its lights on, without what events took away or placed anew."""
    if not isinstance(moment.land, NightLand):
        return ()
    taken = moment.gone | {thing.thing_id for thing in moment.placed}
    return tuple(thing for thing in moment.land.lit(Extent(*reach.box), moment.sun) if thing.thing_id not in taken)
