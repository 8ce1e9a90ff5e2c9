"""Formats, encodings, zips, folders written whole or not at all, and memory."""
