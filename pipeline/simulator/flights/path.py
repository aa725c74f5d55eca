"""A course flown by a real airframe with a camera: wind, bank, gimbal and zoom."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.flights.attitude import attitudes_of, camera_to_ned
from pipeline.simulator.flights.camera_work import CameraWork
from pipeline.simulator.flights.course import Course
from pipeline.simulator.flights.wander import Wander
from pipeline.simulator.scene.path import States

Airframe = Literal["multirotor", "fixed_wing"]

GRAVITY_MPS2 = 9.81
_DRAG_PER_M = 0.0125  # a multirotor of a kilogram leans about 10° at 12 m/s
_ATTACK_DEG = 3.0  # of a wing in level flight
_SWAY_HZ = (0.03, 0.35)
_SHAKE_HZ = (0.15, 5.0)
_WOBBLE_HZ = (0.05, 1.2)


@dataclass(frozen=True, slots=True, eq=False)
class FlownPath:
    """A true flight.

    Attributes:
        course: The way without wind.
        camera: Pointing, zoom and steadiness.
        airframe: How the body leans.
        target_m: ``(3,)`` site metres: what a camera that looks at the centre looks at.
        convergence_rad: Bearing of grid north from true north, clockwise.
        wind_mps: East, north, for the nose of a wing.
        sway: Metres, three axes.
        shake: Degrees of the camera's yaw, pitch, roll.
        wobble: Degrees of the airframe's yaw, pitch, roll.
    """

    course: Course
    camera: CameraWork
    airframe: Airframe
    target_m: Float
    convergence_rad: float
    wind_mps: tuple[float, float]
    sway: Wander
    shake: Wander
    wobble: Wander

    @classmethod
    def make(
        cls,
        course: Course,
        camera: CameraWork,
        airframe: Airframe,
        target_m: Float,
        convergence_rad: float,
        wind_mps: tuple[float, float],
        seed: int,
    ) -> "FlownPath":
        """A flight whose unsteadiness follows from a seed."""
        sway, shake, wobble = camera.sway_m, camera.shake_deg, camera.wobble_deg
        return cls(
            course,
            camera,
            airframe,
            target_m,
            convergence_rad,
            wind_mps,
            Wander.make((seed, 11), (sway, sway, 0.6 * sway), _SWAY_HZ),
            Wander.make((seed, 12), (shake, shake, 0.4 * shake), _SHAKE_HZ, 16),
            Wander.make((seed, 13), (0.6 * wobble, wobble, wobble), _WOBBLE_HZ),
        )

    @property
    def duration_s(self) -> float:
        """From the first frame to the last."""
        return self.course.duration_s

    @property
    def lines_s(self) -> tuple[tuple[float, float], ...]:
        """First and last second of each line, in which stills are taken."""
        return self.course.lines_s

    def until(self, last_s: float) -> "FlownPath":
        """The same flight with its last frame at a time: shares of its duration end there."""
        lines = tuple((begin, min(end, last_s)) for begin, end in self.course.lines_s if begin <= last_s)
        return replace(self, course=replace(self.course, lines_s=lines, duration_s=last_s))

    def at(self, t_s: Float) -> States:
        """The camera at ``(N,)`` seconds since the first frame; any times, in any order."""
        t = np.asarray(t_s, np.float64)
        eye = self.course.place(t) + self.sway.at(t)
        velocity = self.course.place(t, 1) + self.sway.rate(t)
        body = self._body(t)
        camera = self._bolted(body, t) if self.camera.gimbal == "fixed" else self._held(eye, body, t)
        yaw, pitch, roll = camera.T
        return States(
            t_s=t,
            eye_m=eye,
            yaw_deg=(yaw + 180) % 360 - 180,
            pitch_deg=pitch,
            roll_deg=roll,
            platform_yaw_deg=(body[:, 0] + 180) % 360 - 180,
            platform_pitch_deg=body[:, 1],
            platform_roll_deg=body[:, 2],
            velocity_mps=velocity,
            zoom=self.camera.zoom_at(t),
        )

    def _body(self, t_s: Float) -> Float:
        """``(N, 3)`` yaw, pitch, roll of the airframe in degrees."""
        speed = self.course.place(t_s, 1)
        push = self.course.place(t_s, 2)
        if self.airframe == "fixed_wing":
            air = speed[:, :2] - np.array(self.wind_mps)
            heading = np.arctan2(air[:, 0], air[:, 1])
        else:
            air = speed[:, :2]
            heading = self._heading(t_s)
        ahead = np.column_stack([np.sin(heading), np.cos(heading)])
        right = np.column_stack([ahead[:, 1], -ahead[:, 0]])
        lateral = (push[:, :2] * right).sum(axis=1)
        forward = (push[:, :2] * ahead).sum(axis=1)
        if self.airframe == "fixed_wing":
            climb = np.degrees(np.arctan2(speed[:, 2], np.hypot(air[:, 0], air[:, 1])))
            roll = np.degrees(np.arctan2(lateral, GRAVITY_MPS2))
            pitch = climb + _ATTACK_DEG / np.cos(np.radians(roll))
        else:
            drag = _DRAG_PER_M * np.hypot(air[:, 0], air[:, 1])[:, None] * air
            pitch = -np.degrees(np.arctan2(forward + (drag * ahead).sum(axis=1), GRAVITY_MPS2))
            roll = np.degrees(np.arctan2(lateral + (drag * right).sum(axis=1), GRAVITY_MPS2))
        yaw = np.degrees(heading + self.convergence_rad)
        return np.column_stack([yaw, pitch, roll]) + self.wobble.at(t_s)

    def _heading(self, t_s: Float) -> Float:
        """Where a multirotor's nose points: with the camera."""
        if self.camera.look == "fixed":
            return np.full(len(t_s), np.radians(self.camera.yaw_deg) - self.convergence_rad)
        if self.camera.look == "centre":
            to = self.target_m - self.course.place(t_s)
            return np.asarray(np.arctan2(to[:, 0], to[:, 1]), np.float64)
        heading = self.course.heading_rad(t_s)
        return np.asarray(heading, np.float64)

    def _held(self, eye_m: Float, body: Float, t_s: Float) -> Float:
        """``(N, 3)`` degrees of a camera whose gimbal takes the airframe's leaning out."""
        shake = self.shake.at(t_s)
        yaw_offset = self.camera.yaw_deg
        if self.camera.look == "centre":
            to = self.target_m - eye_m
            yaw = np.degrees(np.arctan2(to[:, 0], to[:, 1]) + self.convergence_rad) + yaw_offset
            pitch = np.degrees(np.arctan2(to[:, 2], np.hypot(to[:, 0], to[:, 1])))
        else:
            pitch = np.full(len(t_s), self.camera.pitch_deg)
            if self.camera.look == "fixed":
                yaw = np.full(len(t_s), yaw_offset)
            elif self.airframe == "multirotor":
                yaw = np.degrees(self._heading(t_s) + self.convergence_rad) + yaw_offset
            else:
                yaw = body[:, 0] - self.wobble.at(t_s)[:, 0] + yaw_offset
        return np.column_stack([yaw, pitch, np.zeros(len(t_s))]) + shake

    def _bolted(self, body: Float, t_s: Float) -> Float:
        """``(N, 3)`` degrees of a camera that leans with the airframe."""
        mount = self.shake.at(t_s) + np.array([self.camera.yaw_deg, self.camera.pitch_deg, 0.0])
        body_axes = camera_to_ned(body)[:, :, [2, 0, 1]]  # forward, right, down
        inner = camera_to_ned(mount)
        return attitudes_of(body_axes @ inner)
