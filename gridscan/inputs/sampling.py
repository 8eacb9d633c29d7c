"""Random draws of counts: their settings in a scenario and their names."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

#: Dimension of the draws.
REALISATION = "realisation"


#: Suffix of the name of a count in the name of its draws.
DRAWN = "_drawn"


#: Value of a draw whose mean could not be computed.
NO_DRAW = -1


class Sampling(BaseModel):
    """Random draws of the counts among the quantities, in addition to their means."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    realisations: int = Field(ge=1, le=10_000_000, description="Number of draws of each count in each cell")
    seed: int = Field(0, ge=0, lt=2**63, description="Another seed gives other draws")
