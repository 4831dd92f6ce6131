"""What goes into files of exports, in which form, and who builds them."""
