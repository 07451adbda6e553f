"""The report: evidence as HTML, Markdown and JSON, its figures and tables beside."""
