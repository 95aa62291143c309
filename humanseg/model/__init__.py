"""The network: its configuration, its layers, and what other runtimes read."""
