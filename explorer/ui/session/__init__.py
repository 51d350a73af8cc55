"""What is remembered: the session's file, bookmarks, history."""
