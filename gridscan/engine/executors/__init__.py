"""Where blocks are computed: in this process, in local workers, on a dask cluster."""
