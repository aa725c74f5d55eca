"""The kinds of rule that an agreement can name, one a file.

A rule sees ground, time and evidence. It never says who did a thing: there is no field for it.
"""
