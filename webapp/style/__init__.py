"""The style page: every part of the page kit once, with its states."""
