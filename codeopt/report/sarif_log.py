"""The parts of a SARIF 2.1.0 log that codeopt writes; names and meanings are those of the standard."""

from __future__ import annotations

from typing import Any

import msgspec

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


class Part(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A part of a log; what has its default is left out."""


class Message(Part, frozen=True):
    text: str
    markdown: str = ""


class Region(Part, frozen=True):
    start_line: int
    start_column: int = 0
    end_line: int = 0
    end_column: int = 0


class ArtifactLocation(Part, frozen=True):
    uri: str
    uri_base_id: str = ""


class PhysicalLocation(Part, frozen=True):
    artifact_location: ArtifactLocation
    region: Region


class LogicalLocation(Part, frozen=True):
    fully_qualified_name: str
    kind: str = ""


class Location(Part, frozen=True):
    physical_location: PhysicalLocation
    logical_locations: tuple[LogicalLocation, ...] = ()
    message: Message | None = None
    id: int = -1


class Replacement(Part, frozen=True):
    deleted_region: Region
    inserted_content: Message | None = None


class ArtifactChange(Part, frozen=True):
    artifact_location: ArtifactLocation
    replacements: tuple[Replacement, ...]


class Fix(Part, frozen=True):
    description: Message
    artifact_changes: tuple[ArtifactChange, ...]


class Result(Part, frozen=True):
    rule_id: str
    rule_index: int | None
    level: str
    message: Message
    locations: tuple[Location, ...]
    related_locations: tuple[Location, ...] = ()
    partial_fingerprints: dict[str, str] = {}
    fixes: tuple[Fix, ...] = ()
    properties: dict[str, Any] = {}


class Configuration(Part, frozen=True):
    level: str


class ReportingDescriptor(Part, frozen=True):
    id: str
    name: str
    short_description: Message
    full_description: Message
    help: Message
    default_configuration: Configuration | None = None
    properties: dict[str, Any] = {}


class ToolComponent(Part, frozen=True):
    name: str
    semantic_version: str
    rules: tuple[ReportingDescriptor, ...]


class Tool(Part, frozen=True):
    driver: ToolComponent


class Invocation(Part, frozen=True):
    execution_successful: bool


class Run(Part, frozen=True):
    tool: Tool
    results: tuple[Result, ...]
    invocations: tuple[Invocation, ...]
    column_kind: str
    newline_sequences: tuple[str, ...]
    properties: dict[str, Any] = {}


class Log(Part, frozen=True):
    version: str
    runs: tuple[Run, ...]
    schema: str = msgspec.field(name="$schema")
