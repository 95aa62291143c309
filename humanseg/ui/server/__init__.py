"""The layers between visitors and Gradio; every patch of Gradio is here."""
