"""What the pages say, as frozen records: no framework, no I/O, no clock."""
