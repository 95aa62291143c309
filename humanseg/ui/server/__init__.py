"""What stands between a visitor and the insides: every patch of Gradio is here."""
