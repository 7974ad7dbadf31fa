"""Every page in every role, language, theme and width: the list, what is asked of each load, and who walks through it."""
