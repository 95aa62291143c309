"""The browser's engine: JavaScript that cuts people out in the visitor's own browser, and what serves it to them."""
