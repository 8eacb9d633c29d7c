"""Random draws of counts: what a scenario says of them, and what they are called."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

#: Dimension of the draws.
REALISATION = "realisation"


#: What follows the name of a count in the name of its draws.
DRAWN = "_drawn"


#: What a draw holds where its mean could not be computed.
NO_DRAW = -1


class Sampling(BaseModel):
    """Random draws of the counts among the quantities, beside their means."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    realisations: int = Field(ge=1, le=10_000_000, description="How many draws of each count, in each cell")
    seed: int = Field(0, ge=0, lt=2**63, description="Another seed gives other draws")
