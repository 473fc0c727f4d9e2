if exists("b:did_ftplugin")
  finish
endif
let b:did_ftplugin = 1

setlocal commentstring=#\ %s comments=:# expandtab shiftwidth=2 softtabstop=2
let b:undo_ftplugin = "setlocal commentstring< comments< expandtab< shiftwidth< softtabstop<"

" Neovim starts the language server itself.
if has("nvim-0.8") && executable("nnsh")
  lua vim.lsp.start({ name = "nnsh", cmd = { "nnsh", "--lsp" }, root_dir = vim.fn.getcwd() })
endif
