"""The mark that gridscan leaves in the files it writes, so that it replaces no others."""
