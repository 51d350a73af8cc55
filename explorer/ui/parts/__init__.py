"""Parts of any window: widgets, dialogs about files, jobs, what follows the hand."""
