"""What we say to customers: facts, templates, drafts whose every figure is bound, and whether they may be sent now."""
