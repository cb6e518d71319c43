// The cities that the simulator may speak for.

#ifndef SERVICE_SIMULATION_CITIES_H_
#define SERVICE_SIMULATION_CITIES_H_

#include <array>

namespace happiness {

struct City {
  const char* name;
  // The level around which it wanders.
  double mean;
};

// Chosen so that the first few already span continents and moods. The means are
// invented, near those of the countries in the World Happiness Report.
inline constexpr std::array<City, 32> kCities = {{
    {"Helsinki", 7.7},   {"Nairobi", 4.6},   {"Tokyo", 6.1},
    {"São Paulo", 6.2},  {"New York", 6.8},  {"Mumbai", 4.1},
    {"Berlin", 6.9},     {"Sydney", 7.1},    {"Mexico City", 6.5},
    {"Cairo", 4.0},      {"Reykjavík", 7.5}, {"Jakarta", 5.5},
    {"Lagos", 4.9},      {"Paris", 6.6},     {"Bogotá", 5.9},
    {"Istanbul", 4.9},   {"Seoul", 6.0},     {"Toronto", 6.9},
    {"Cape Town", 5.3},  {"Dhaka", 3.9},     {"København", 7.6},
    {"Buenos Aires", 6}, {"Manila", 5.9},    {"Warszawa", 6.4},
    {"Accra", 4.7},      {"Zürich", 7.1},    {"Hà Nội", 6.0},
    {"Beirut", 2.7},     {"Auckland", 7.0},  {"Kraków", 6.4},
    {"Lima", 5.8},       {"Kathmandu", 5.2},
}};

}  // namespace happiness

#endif  // SERVICE_SIMULATION_CITIES_H_
