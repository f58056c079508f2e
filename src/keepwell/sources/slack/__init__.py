"""Slack: buttons pressed and forms sent."""
