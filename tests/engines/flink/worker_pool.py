"""Beam's pool of Python workers at an address of one's own: `python worker_pool.py HOST:PORT`.

Beam's own command listens on every address, and task managers that share a pool stop each other's workers, for each
counts its workers from one. So every task manager has a pool, at one port of different addresses.
"""

import sys

import grpc
from apache_beam.portability.api import beam_fn_api_pb2_grpc
from apache_beam.runners.worker.worker_pool_main import BeamFnExternalWorkerPoolServicer
from apache_beam.utils.thread_pool_executor import shared_unbounded_instance

server = grpc.server(shared_unbounded_instance(), options=[("grpc.so_reuseport", 0)])
pool = BeamFnExternalWorkerPoolServicer(use_process=True)
beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(pool, server)
server.add_insecure_port(sys.argv[1])
server.start()
server.wait_for_termination()
