"""The written needs assessment: one text, as a page and as a document to finish by hand."""
