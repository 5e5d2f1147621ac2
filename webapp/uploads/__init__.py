"""Stock files: many levels at once, with a preview before anything is booked."""
