"""The report: one page for a director, the reasons of every area, and annexes for review."""
