"""The keys of a scenario file."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gridscan.inputs.sampling import Sampling
from gridscan.uncertainty.designs import Design


class Storage(BaseModel):
    """How a result is stored."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    format: Literal["netcdf", "zarr"] = Field(default="netcdf", description="One netCDF file, or a zarr folder")
    compression: Literal["none", "zlib"] = Field(
        default="none", description="Compressed files are smaller and take several times as long to write"
    )


class Output(Storage):
    """What to write, and where."""

    quantities: list[str] = Field(description="The quantities to evaluate")
    path: str | None = Field(
        None, description="The file, relative to the scenario; by default beside it, under its name"
    )
    types: dict[str, Literal["float64", "float32"]] = Field(
        default_factory=dict, description='Quantities stored with fewer digits: NAME = "float32"'
    )
    derived: dict[str, Any] = Field(
        default_factory=dict, description='Quantities made of others by formulas: NAME = "events_per_year / mass"'
    )


class Uses(BaseModel):
    """Files that several scenarios share."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    file: Any = Field(
        description="TOML files of records, [catalogue.KIND.LABEL] alone, relative to the scenario",
        json_schema_extra={"type": ["string", "array"], "items": {"type": "string"}},
    )


class ScenarioSchema(BaseModel):
    """The keys of a scenario file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    model: str = Field(description="Name of the model")
    title: str = Field("", description="The question, in one line")
    description: str = Field("", description="Further description")
    axes: dict[str, Any] = Field(
        default_factory=dict, description="Parameters, labels or quantities with several values: the grid"
    )
    parameters: dict[str, Any] = Field(
        default_factory=dict, description="Parameters, labels, constants or quantities with one value"
    )
    uncertain: dict[str, Any] = Field(
        default_factory=dict, description="Parameters or labels of which a distribution is known"
    )
    cases: Any = Field(
        None,
        description="Rows of parameters and labels, each with a name, along one dimension 'case'; or table = a file",
    )
    correlated: list[dict[str, Any]] = Field(
        default_factory=list, description="Parameters that vary together: a covariance, or a correlation"
    )
    design: Design | None = Field(None, description="How draws are made of all that is uncertain")
    catalogue: dict[str, dict[str, dict[str, Any]]] = Field(
        default_factory=dict, description="Your own records: [catalogue.KIND.LABEL], or KIND = the name of a file"
    )
    uses: Uses | None = Field(None, description="Records that several scenarios share")
    sampling: Sampling | None = Field(None, description="Random draws of the counts, beside their means")
    output: Output = Field(description="What to write, and where")
