"""The device as the measurements see it: graphs and events of torch's first visible CUDA device."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

import torch

from bench.empty_kernel import empty
from bench.graph_timing import Call, Captured

WARMUP_REPLAYS = 10


class CudaDevice:
    """One stream on device 0, for warm-up, capture and replay alike: what operators keep per stream exists by then."""

    name = "cuda:0"

    def __init__(self) -> None:
        properties = torch.cuda.get_device_properties(0)
        self.l2_bytes: int = properties.L2_cache_size
        self.multiprocessors: int = properties.multi_processor_count
        self.uuid = f"GPU-{properties.uuid}"
        self.stream = torch.cuda.Stream(0)

    def copy_call(self, buffer_bytes: int) -> Call:
        """torch's copy of a tensor."""
        source = torch.ones(buffer_bytes, dtype=torch.uint8, device=self.name)
        return partial(torch.empty_like(source).copy_, source)

    def empty_call(self) -> Call:
        """One CTA of one warp."""
        return partial(empty[(1,)], torch.empty(16, device=self.name), num_warps=1)

    def free_bytes(self) -> int:
        """Memory that torch can still get from the driver."""
        return torch.cuda.mem_get_info(0)[0]

    def capture(self, calls: Sequence[Call]) -> Captured:
        """Compiles, loads and allocates in a first call outside the graph, then captures all."""
        self.stream.wait_stream(torch.cuda.current_stream(0))
        with torch.cuda.stream(self.stream):
            calls[0]()
        self.stream.synchronize()
        graph, outputs = torch.cuda.CUDAGraph(), None
        with torch.cuda.graph(graph, stream=self.stream):
            for call in calls:
                outputs = call()
        return Captured(graph, outputs)

    def replay_ms(self, captured: Captured, count: int) -> list[float]:
        """Warm-up replays keep the device busy while the host runs ahead, so that no sample holds a wait for it."""
        events = [torch.cuda.Event(enable_timing=True) for _ in range(count + 1)]
        with torch.cuda.stream(self.stream):
            for _ in range(WARMUP_REPLAYS):
                captured.graph.replay()
            events[0].record()
            for event in events[1:]:
                captured.graph.replay()
                event.record()
        self.stream.synchronize()
        return [start.elapsed_time(end) for start, end in pairwise(events)]

    def release(self) -> None:
        """Empty torch's cache."""
        torch.cuda.synchronize(0)
        torch.cuda.empty_cache()
