"""How a library of an earlier version becomes one of this version: one frozen module a step.

None of them uses code of the living library, nor may one be changed once a library was made by it:
what it makes is tested against libraries that each version's own code made. A change of the tables
is a further step here, and the same in `schema.sql`.
"""

from spanner.library.migrations import v1_sets, v2_copies, v3_places, v4_search

STEPS = (v1_sets.migrate, v2_copies.migrate, v3_places.migrate, v4_search.migrate)
"""What makes each version of the one before, the first of an empty file; foreign keys are off."""
