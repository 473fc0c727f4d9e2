"""Jupyter starts the kernel by this module."""

from ipykernel.kernelapp import IPKernelApp

from .kernel import NNSHKernel

IPKernelApp.launch_instance(kernel_class=NNSHKernel)
