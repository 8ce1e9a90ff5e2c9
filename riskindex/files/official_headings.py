"""Headings of the official files of England and Wales, and those of tidy copies."""

from collections.abc import Mapping
from types import MappingProxyType

HEADINGS: Mapping[str, str] = MappingProxyType(
    {
        "LSOA21CD": "area_code",
        "LSOA21NM": "name",
        "WD24CD": "ward_code",
        "WD24NM": "ward",
        "LAD24CD": "district_code",
        "LAD24NM": "district",
        "CSP24CD": "community_safety_partnership_code",
        "CSP24NM": "community_safety_partnership",
        "PFA24CD": "force_code",
        "PFA24NM": "force",
        "RUC21CD": "urban_rural_code",
        "RUC21NM": "urban_rural",
    }
)
"""Headings of the official files, and what `read_area_lookup` calls the same."""


_TIDY = {
    "LSOA11CD": "lsoa11_code",
    "LSOA11NM": "lsoa11_name",
    "CHGIND": "change_code",
    "LSOA21CD": "lsoa21_code",
    "LSOA21NM": "lsoa21_name",
    "WD24CD": "ward24_code",
    "WD24NM": "ward24_name",
    "LAD22CD": "ltla22_code",
    "LAD22NM": "ltla22_name",
    "LAD24CD": "ltla24_code",
    "LAD24NM": "ltla24_name",
    "CSP24CD": "csp24_code",
    "CSP24NM": "csp24_name",
    "PFA24CD": "pfa24_code",
    "PFA24NM": "pfa24_name",
    "RUC21CD": "ruc21_code",
    "RUC21NM": "classification",
}


TWINS: Mapping[str, str] = MappingProxyType(_TIDY | {tidy: name for name, tidy in _TIDY.items()})
"""Official headings and those of tidy copies in circulation, each with the other."""
