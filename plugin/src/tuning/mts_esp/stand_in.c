/* Stand-in for the library of MTS-ESP: functions that a client and a master call. */

#include <string.h>

static double table[128];
static char name[64];
static char filtered[128];
static int has_master, clients;

void MTS_RegisterClient(void) { clients++; }
void MTS_DeregisterClient(void) { clients--; }
unsigned char MTS_HasMaster(void) { return has_master != 0; }
const double *MTS_GetTuningTable(void) { return table; }
const char *MTS_GetScaleName(void) { return name; }
unsigned char MTS_ShouldFilterNote(char key, signed char channel) {
    return channel == -1 && filtered[key & 127];
}

void MTS_RegisterMaster(void) { has_master = 1; }
void MTS_DeregisterMaster(void) { has_master = 0; }
void MTS_SetNoteTunings(const double *hertz) { memcpy(table, hertz, sizeof table); }
void MTS_SetScaleName(const char *scale) { strncpy(name, scale, sizeof name - 1); }
void MTS_FilterNote(unsigned char is_filtered, char key, signed char channel) {
    (void)channel;
    filtered[key & 127] = (char)is_filtered;
}
int MTS_GetNumClients(void) { return clients; }
