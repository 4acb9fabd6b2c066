# ht_embed(target file symbol): puts a file into the program as it is.
# The target gets `const char symbol[]` (with a NUL after the last byte) and `const size_t symbol_size`
# (without the NUL). Declare both yourself:
#     extern const char symbol[];
#     extern const size_t symbol_size;
function(ht_embed target file symbol)
  get_filename_component(file "${file}" ABSOLUTE)
  set(out "${CMAKE_BINARY_DIR}/embed/${target}_${symbol}.c")
  string(CONCAT text
    "/* made by cmake/HtEmbed.cmake */\n"
    "__asm__(\".pushsection .rodata\\n\"\n"
    "        \".balign 16\\n.global ${symbol}\\n${symbol}:\\n\"\n"
    "        \".incbin \\\"${file}\\\"\\n\"\n"
    "        \"${symbol}_end: .byte 0\\n\"\n"
    "        \".balign 8\\n.global ${symbol}_size\\n${symbol}_size: .8byte ${symbol}_end - ${symbol}\\n\"\n"
    "        \".popsection\\n\");\n")
  file(CONFIGURE OUTPUT "${out}" CONTENT "${text}" @ONLY)
  # Assembler text at file level and LTO do not go together.
  set_source_files_properties("${out}" PROPERTIES OBJECT_DEPENDS "${file}" COMPILE_OPTIONS "-fno-lto;-w")
  target_sources(${target} PRIVATE "${out}")
endfunction()
