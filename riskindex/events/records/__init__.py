"""Files of events: found, read into one shape; unreadable values and repeated records refused."""
