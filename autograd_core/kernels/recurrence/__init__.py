"""Recurrent networks over whole sequences."""
