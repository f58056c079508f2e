"""The HTTP tracking calls of Segment, which RudderStack and others speak too."""
