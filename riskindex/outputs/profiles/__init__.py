"""Area profiles: a page per district and per named place of the list."""
