"""Assumptions about money that no store's data tells. Edit them here; every answer states them."""

from __future__ import annotations

from decimal import Decimal

CONTACT_COST = Decimal("0.50")  # a printed and posted mailing; a message in an app costs a hundredth of that
MARGIN = Decimal("0.25")  # gross margin in a unit of revenue: US grocers report 25 to 30 %
