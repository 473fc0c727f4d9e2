autocmd BufRead,BufNewFile *.nns setfiletype nnsh
