"""Jupyter's own tests of a kernel."""

import jupyter_kernel_test


class NNSHKernelTests(jupyter_kernel_test.KernelTests):
    kernel_name = "nnsh"
    language_name = "nnsh"
    file_extension = ".nns"
    code_hello_world = 'print("hello, world")'
    code_stderr = "show ones(3, 3)"
    completion_samples = [
        {"text": "softma", "matches": {"softmax"}},
        {"text": "sum([1], keep", "matches": {"keepdims="}},
        {"text": "# tra", "matches": set()},
    ]
    complete_code_samples = ["1 + 1", 'print("hi")', "fn f(x) = x^2", "if true { 1 }"]
    incomplete_code_samples = ["fn f(x) {", "[1, 2", "1 +", '"text']
    invalid_code_samples = ["1 +* 2", ")", "fn = 3"]
    code_generate_error = "ones(2, 3) @ ones(2, 3)"
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "[1, 2, 3]", "result": "3 tensor f32\n  1  2  3"},
    ]
    code_display_data = [
        {"code": "plot [1, 4, 9]", "mime": "image/png"},
        {"code": "show rand(28, 28) as=image", "mime": "image/png"},
    ]
    code_inspect_sample = "softmax"
