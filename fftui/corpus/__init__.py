"""Prompt files in, scenarios out. No file of prompts ships with fftui; people bring their own."""
