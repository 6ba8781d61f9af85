"""Series over time: calendars of holidays, detectors of what is off, forecasts."""
