comma := ,
# How the addon is compiled and linked against an installed SPDK. Whole archives and --no-as-needed, because SPDK's transports
# and socket layers register themselves when they are loaded; DT_RPATH, because its libraries look for each other. --static,
# because some releases (v24.09) name the libraries of the system only there, and their own leave those to the program.
SPDK_MODULES := spdk_nvme spdk_env_dpdk spdk_sock_posix
SPDK_CFLAGS := $(patsubst -I%,-isystem%,$(shell pkg-config --cflags $(SPDK_MODULES)))
SPDK_LIBS := -Wl,--disable-new-dtags \
  $(patsubst -L%,-Wl$(comma)-rpath$(comma)%,$(shell pkg-config --libs-only-L spdk_nvme)) \
  -Wl,--push-state,--no-as-needed,--whole-archive $(shell pkg-config --libs $(SPDK_MODULES)) \
  -Wl,--no-whole-archive,--as-needed $(shell pkg-config --static --libs spdk_syslibs) -Wl,--pop-state
