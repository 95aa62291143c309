"""The page: `page.build` puts it together, one file per tab beside it."""
