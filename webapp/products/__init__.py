"""Pages of products: the list, the variant grid, the option matrix, prices, pictures, history."""
