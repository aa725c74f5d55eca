"""Words of the enumerated columns, and what each means."""

Words = tuple[tuple[str, str], ...]

RECORD_KIND: Words = (
    ("candidate_violation", "something that a rule may forbid"),
    ("compliance_event", "something that a rule asks for"),
    ("monitor_impeded", "the flight itself was disturbed; never attributed to a side"),
)
EVENT_CLASS: Words = (
    ("LINE_CROSSING", "a mover went over the line"),
    ("POSITION_ADVANCE", "a position nearer to or beyond the line than before"),
    ("NEW_FORTIFICATION", "new or longer earthwork, obstacle or post"),
    ("SURFACE_DAMAGE", "crater, burn scar or damaged structure; cause undetermined"),
    ("VEHICLES_IN_ZONE", "vehicle-sized movers or objects in a zone; size alone never makes a thing military"),
    ("WITHDRAWAL_OVERDUE", "presence after a deadline"),
    ("CORRIDOR_OBSTRUCTION", "roadblock, checkpoint, queue or no flow in a corridor"),
    ("CORRIDOR_INTRUSION", "presence in a corridor that is to be kept free"),
    ("CIVILIAN_INFRASTRUCTURE", "change of a civilian structure"),
    ("HEAVY_WEAPON_IN_ZONE", "by people's entry or a plug-in only"),
    ("MILITARY_PRESENCE", "by people's entry or a plug-in only"),
    ("FIRE_OBSERVED", "by people's entry or a plug-in only"),
    ("AIRSPACE_VIOLATION", "by people's entry or a plug-in only"),
    ("QUOTA_EXCEEDED", "by people's entry or a plug-in only"),
    ("MINING_ENGINEERING", "by people's entry or a plug-in only"),
    ("MONITOR_IMPEDED", "satellite navigation disturbed, or the aircraft lost"),
    ("withdrawal_observed", "compliance: presence ended"),
    ("dismantling_observed", "compliance: a work was taken down"),
    ("escorted_movement_completed", "compliance: a notified movement was seen through"),
)
OBJECT_KIND: Words = (
    ("linear_earthwork", "long and narrow bare earth: trench, berm or track"),
    ("crater", "round bare earth"),
    ("structure", "built: post, shelter, house"),
    ("vehicle", "vehicle-sized object that stands"),
    ("burn", "darkened ground"),
    ("other", "none of these"),
    ("vehicle_size", "mover that only a vehicle explains by size and speed"),
    ("person_size", "mover of a person's size and speed; an animal may look the same"),
    ("animal", "mover that only an animal explains by size, speed and path; seldom"),
    ("unknown", "mover whose size is not resolved, or fits several kinds"),
)
PERSON_BAND: Words = (
    ("1", "one"),
    ("2-5", "two to five"),
    ("6-20", "six to twenty"),
    ("over_20", "more than twenty"),
)
DIRECTION: Words = (
    ("new", "not there before"),
    ("vanished", "there before, gone now"),
    ("altered", "there before, different now"),
)
GEOREF_METHOD: Words = (
    ("telemetry_only", "from telemetry alone"),
    ("image_match", "matched to pictures whose place is known"),
    ("gcp", "from ground control points"),
    ("manual", "placed by a person"),
)
TRACK_ORIGIN: Words = (
    ("imagery", "found in the pictures"),
    ("sensor_report", "reported by the sensor itself (ST 0903) and not found in the pictures"),
    ("both", "found in the pictures and reported by the sensor"),
)
MOVER_SIGHT: Words = (
    ("assessable", "a mover of the size and speeds told would have been found"),
    ("degraded", "it might have been missed; mover_sight_flaws tells why"),
    ("not_assessable", "nothing can be said of movers; mover_sight_flaws tells why"),
)
GEOREF_STATUS: Words = (
    ("ok", "nothing wrong is known"),
    ("degraded_gnss", "satellite navigation was poor"),
    ("spoof_suspected", "satellite navigation contradicts other evidence"),
    ("lost_link", "telemetry broke off"),
    ("clock_suspect", "times contradict one another"),
    ("unusable", "cannot be placed"),
)
SIDE: Words = (
    ("a", "side a, with at least 95 %"),
    ("b", "side b, with at least 95 %"),
    ("between", "between two forward lines, with at least 95 %"),
    ("not_determined", "cannot be said"),
)
AREA_OF_CONTROL: Words = (("a", "ground of a"), ("b", "ground of b"))
CONFIDENCE_WORD: Words = (
    ("not_determined", "no calibrated score"),
    ("possible", "more than nothing speaks for it"),
    ("probable", "more speaks for it than against it"),
    ("assessed", "much speaks for it, little against it"),
)
REVIEW_STATUS: Words = (("unreviewed", "no person has judged it"),)
CHIP_ROLE: Words = (
    ("before", "the place at the baseline"),
    ("after", "the place tonight"),
    ("context", "the wider surroundings with the finding outlined"),
)
MOVER_KIND: Words = OBJECT_KIND[-4:]
CHANGE_KIND: Words = OBJECT_KIND[:6]
REGISTRATION_AGAINST: Words = (
    ("reference", "an orthophoto handed in"),
    ("archive", "ground tiles of earlier flights"),
    ("neighbours", "other frames of the flight"),
    ("none", "nothing"),
)
REGISTRATION_OUTCOME: Words = (
    ("registered", "matched, and the pose was corrected"),
    ("no_match", "no matches"),
    ("too_few", "too few matches agree"),
    ("inconsistent", "the matches contradict the telemetry beyond its errors"),
    ("not_tried", "registration was not asked for or not possible"),
    ("out_of_reach", "no picture of that ground"),
)
