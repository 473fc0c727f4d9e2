import Shell
print("nnsh")
