"""What columns are made of: money, numbers, instants, the tenant that a row belongs to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Dialect, ForeignKey, Integer, MetaData, String, TypeDecorator

metadata = MetaData()

# As wide as SQLite's own.
Whole = BigInteger().with_variant(Integer(), "sqlite")


def chars(length: int) -> String:
    """Compared and sorted by its code points, whatever the language of the database is."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


class Money(TypeDecorator[float]):
    """An amount in major units with at most 2 decimals, kept as whole cents so that sums and comparisons are exact."""

    impl = Whole
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> int | None:
        return None if value is None else round(value * 100)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> float | None:
        return None if value is None else value / 100


class Number(TypeDecorator[float]):
    """A double, kept as its shortest text: SQLite writes a REAL into JSON with 15 digits, and a double may need 17."""

    impl = chars(30)
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> str | None:
        return None if value is None else repr(value)


def instant(name: str, **options: Any) -> Column[str]:
    """2026-03-12T14:32:01.123Z: text of fixed width, which sorts as the instants do."""
    return Column(name, chars(24), **options)


def tenant(**options: Any) -> Column[str]:
    return Column("tenant_id", ForeignKey("tenants.id"), nullable=False, **options)
