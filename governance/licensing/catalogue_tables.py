"""The tables of the catalogue: which keys each has, how each is read, what each refers to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from governance.licensing.catalogue_data_tables import DATA_TABLES
from governance.licensing.catalogue_model_tables import MODEL_TABLES
from governance.licensing.catalogue_parse import Shape
from governance.licensing.catalogue_rights_tables import RIGHTS_TABLES

TABLES: Final[Mapping[str, Shape]] = {**RIGHTS_TABLES, **MODEL_TABLES, **DATA_TABLES}
