"""What the project needs to build itself; none of it is in the package."""
